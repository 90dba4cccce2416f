#!/usr/bin/env python3
"""Validates a JSON file against a JSON Schema. usage: check_schema.py SCHEMA FILE"""
import json, sys

import jsonschema

schema, value = (json.load(open(path)) for path in sys.argv[1:3])
jsonschema.Draft202012Validator.check_schema(schema)
jsonschema.validate(value, schema, cls=jsonschema.Draft202012Validator)
print("valid")
