"""Labelled data sets that a package ships or a seed makes; nothing is downloaded."""
