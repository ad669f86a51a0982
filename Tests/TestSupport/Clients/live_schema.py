"""Holds documents of the live API to its schema: live_schema.py SCHEMA DEFINITION FILE..."""
import json
import sys

import jsonschema

schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator({"$ref": f"#/$defs/{sys.argv[2]}", "$defs": schema["$defs"]})
count = 0
for path in sys.argv[3:]:
    document = json.load(open(path))
    for item in document if isinstance(document, list) else [document]:
        count += 1
        for error in validator.iter_errors(item):
            print(f"{path}: {error.json_path}: {error.message}")
print(f"{count} documents")
