"""The schemas for editors agree with the documents that grantctl takes, by a validator that nobody here wrote."""

import fnmatch
import json
import subprocess

import jsonschema
import pytest
import yaml
from conftest import GRANTCTL, ROOT

KINDS = {
    "policy": "policy.yaml", "person": "people/*.yaml", "identity": "identity/*.yaml", "service": "services/*.yaml",
    "data": "data/*.yaml", "grant": "grants/*.yaml", "denial": "denied/*.yaml"}


class Core(yaml.SafeLoader):
    """YAML 1.2's core schema, as editors have it: a day is text."""


Core.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}


@pytest.fixture(scope="module")
def schemas(tmp_path_factory):
    folder = tmp_path_factory.mktemp("schemas")
    subprocess.run([GRANTCTL, "schema", "--all", folder], check=True, timeout=60)
    schemas = {path.stem: json.loads(path.read_text()) for path in folder.iterdir()}
    for schema in schemas.values():
        jsonschema.Draft7Validator.check_schema(schema)
    return schemas


def test_every_document_of_the_example_repository_fits(schemas):
    root, found = ROOT / "grants", 0
    for path in sorted(root.rglob("*.yaml")):
        name = str(path.relative_to(root))
        kind = next(kind for kind, files in KINDS.items() if fnmatch.fnmatch(name, files))
        document = yaml.load(path.read_text(), Core)
        jsonschema.validate(document, schemas[kind], jsonschema.Draft7Validator)
        found += 1
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(document | {"no_such_field": "x"}, schemas[kind], jsonschema.Draft7Validator)
    assert found > 8


@pytest.mark.parametrize("kind, text", [
    ("grant", "to: []\ncan: {models: [x]}\nwhy: x\nby: tom"),
    ("grant", "to: [{issuer: corp, group: a}]\ncan: {modles: [x]}\nwhy: x\nby: tom"),
    ("grant", "to: [{issuer: corp, group: a}]\ncan: {models: [x], max_tokens: many}\nwhy: x\nby: tom"),
    ("grant", "to: [{issuer: corp, group: a}]\ncan: {models: [x]}\nwhy: x\nby: Tom"),
    ("grant", "to: [{issuer: corp, group: a}]\ncan: {models: [x]}\nwhy: x\nby: tom\nuntil: soon"),
    ("policy", "name: x\nversion: 1\nadmins: [a]\ntiers: {t: {longest: 1y, review: 1d, reviewers: 1, stale: 1h}}"),
    ("service", "kind: ftp\nupstream: https://x\nprefix: /x\nowners: [a]\ntier: t"),
])
def test_what_the_reader_refuses_by_itself_does_not_fit(schemas, kind, text):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.load(text, Core), schemas[kind], jsonschema.Draft7Validator)
