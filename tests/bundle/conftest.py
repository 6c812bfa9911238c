"""A bundle to spoil, and the one refusal that must follow."""

import hashlib
import json
import os
import shutil

import pytest

from dlcs_core.bundle.reader import read_bundle
from dlcs_core.errors import BundleError
from dlcs_core.translation import LANGUAGES, sentence_of


class Spoilt:
    """A copy of a valid bundle with means to change it."""

    def __init__(self, directory):
        self.directory = directory

    def file(self, name):
        return self.directory / name

    def write(self, name, content):
        self.file(name).unlink(missing_ok=True)
        self.file(name).write_bytes(content)

    def rewrite(self, name, content):
        """Change a file and sign it, as whoever makes a hostile bundle would."""
        self.write(name, content)
        self.edit_manifest(
            lambda manifest: manifest["files"].update({name: hashlib.sha256(content).hexdigest()})
        )

    def edit_json(self, name, edit):
        content = json.loads(self.file(name).read_text())
        edit(content)
        self.rewrite(name, json.dumps(content).encode())

    def edit_manifest(self, edit):
        manifest = json.loads(self.file("manifest.json").read_text())
        edit(manifest)
        self.write("manifest.json", json.dumps(manifest).encode())

    def refusal(self):
        """Code of the one refusal, which reads as one line in every language."""
        with pytest.raises(BundleError) as caught:
            read_bundle(self.directory)
        for language in LANGUAGES:
            line = sentence_of(caught.value, language)
            assert caught.value.code not in line
            assert "\n" not in line
            assert str(self.directory) not in line
        return caught.value.code


@pytest.fixture
def spoilt(untrained_bundle, tmp_path):
    directory = tmp_path / "bundle"
    # Hard links instead of 18 MB per test; Spoilt.write never writes into a shared file.
    shutil.copytree(untrained_bundle, directory, copy_function=os.link)
    return Spoilt(directory)
