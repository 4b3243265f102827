"""Have the real PyYAML read texts as Prefect reads job templates: pyyaml.py CASES OUTPUT

CASES has a JSON string per line. OUTPUT gets a line for each: {"json": canonical JSON}, {"error": reason} for what safe_load
refuses, or {"unusable": reason} for what it accepts and this project refuses: values that JSON does not have, keys that are no
strings, and keys that are there twice.
"""

import json
import sys

import yaml


class Strict(yaml.SafeLoader):
    """The safe loader, which takes note of keys that are there twice."""

    def construct_mapping(self, node, deep=False):
        names = [key.value for key, _ in getattr(node, "own", node.value) if key.tag != "tag:yaml.org,2002:merge"]
        if len(names) != len(set(names)):
            self.twice = True
        return super().construct_mapping(node, deep=deep)

    def flatten_mapping(self, node):
        if not hasattr(node, "own"):
            node.own = list(node.value)
            names = [key.value for key, _ in node.own if key.tag != "tag:yaml.org,2002:merge"]
            if len(names) != len(set(names)):
                self.twice = True
        super().flatten_mapping(node)


def usable(value):
    if isinstance(value, dict):
        return all(isinstance(key, str) and usable(member) for key, member in value.items())
    if isinstance(value, list):
        return all(usable(member) for member in value)
    return value is None or isinstance(value, (bool, str, int, float))


def answer(text):
    try:
        value = yaml.safe_load(text)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}
    loader = Strict(text)
    loader.get_single_data()
    if getattr(loader, "twice", False):
        return {"unusable": "a key twice"}
    try:
        if not usable(value):
            return {"unusable": "a value or key without a form in JSON"}
        return {"json": json.dumps(value, sort_keys=True)}
    except (ValueError, RecursionError) as error:
        return {"unusable": f"{type(error).__name__}: {error}"}


def main():
    with open(sys.argv[1], encoding="utf-8") as cases, open(sys.argv[2], "w", encoding="utf-8") as output:
        for line in cases:
            json.dump(answer(json.loads(line)), output)
            output.write("\n")


if __name__ == "__main__":
    main()
