"""The published schema of results.json, and every file that tests make held against it.

The schema is open, for a later tcperf of the same schema may write more.  The writer of today writes all that is in
it and nothing else: ``WRITTEN`` is the same schema, closed, and with every key required.
"""

import functools
import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Literal, get_args, get_origin

import attrs
import jsonschema_rs

from tcperf import results

SCHEMA = json.loads((files("tcperf") / "results.schema.json").read_text("utf-8"))
NAME = "results.json"
_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def closed(schema):
    """The same schema, with nothing more allowed and nothing less."""
    if not isinstance(schema, dict):
        return [closed(each) for each in schema] if isinstance(schema, list) else schema
    made = {key: closed(value) for key, value in schema.items()}
    if "properties" in schema:
        made |= {"additionalProperties": False, "required": list(schema["properties"])}
    return made


READ = jsonschema_rs.Draft202012Validator(SCHEMA)
WRITTEN = jsonschema_rs.Draft202012Validator(closed(SCHEMA))


def problems(document, validator=WRITTEN):
    """What does not fit, with its place: ``runs/0/order: "x" is not of type "integer"``."""
    return [
        f"{'/'.join(map(str, error.instance_path))}: {error.message}"
        for error in validator.iter_errors(_whole(document))
    ]


def _whole(document):
    """The document; where a text in it is half a pair of UTF-16, a question mark stands for that.

    JSON can spell it, and the validator is none that can.
    """
    try:
        json.dumps(document, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return json.loads(json.dumps(document, ensure_ascii=False).encode("utf-8", "replace"))
    return document


def fits(document, validator=READ):
    """Whether a document is one of the schema's."""
    return not problems(document, validator)


def check(text, origin=NAME):
    """Fail unless the text is what the writer of today may write."""
    found = problems(json.loads(text))
    assert not found, f"{origin} is not what results.schema.json says: {'; '.join(found)[:600]}"


def check_folder(folder):
    """The same of every results.json that a program left in a folder or below."""
    for path in sorted(folder.rglob(NAME)):
        check(path.read_text("utf-8"), path)


def watch():
    """From now on, hold whatever is written in this process against the schema."""
    write = results.dumps

    @functools.wraps(write)
    def dumps(result):
        text = write(result)
        check(text)
        return text

    results.dumps = dumps


# --- the schema that the classes have -----------------------------------------------------------------


def shape(kind):
    """The schema of a type, without words: what the reader and the writer make of it."""
    if kind in _TYPES:
        return {"type": _TYPES[kind]}
    if attrs.has(kind):
        return {"$ref": f"#/$defs/{kind.__name__}"}
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is tuple:
        return {"type": "array", "items": shape(arguments[0])}
    if origin is Mapping:
        return {"type": "object", "additionalProperties": shape(arguments[1])}
    return _union(arguments)


def _union(arguments):
    """Of plain types a list of them; of a class and nothing either of the two.  Whole numbers are numbers."""
    if not all(each in _TYPES for each in arguments):
        return {"anyOf": [shape(each) for each in arguments]}
    names = [_TYPES[each] for each in arguments if each is not int or float not in arguments]
    return {"type": names}


def classes(kind):
    """A class and all those that its fields are of, by name."""
    found, waiting = {}, [kind]
    while waiting:
        each = waiting.pop()
        if attrs.has(each) and each.__name__ not in found:
            found[each.__name__] = attrs.resolve_types(each)
            waiting.extend(field.type for field in attrs.fields(each))
        else:
            waiting.extend(get_args(each))
    return found
