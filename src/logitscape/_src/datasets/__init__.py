"""Labelled data sets that come with a package or are drawn; nothing is downloaded."""
