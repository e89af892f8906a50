"""The dtypes in which losses are diagnosed."""

from typing import Literal, TypeAlias

Precision: TypeAlias = Literal["float64", "float32", "bfloat16", "float16"]
