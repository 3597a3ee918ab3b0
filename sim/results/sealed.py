"""JSON files of a study that show whether they are still what was written."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from sim.results.summary import SCHEMA_VERSION, as_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CHECKSUMS = "checksums"
"""The key of a manifest under which those of itself and of other files stand, by their names."""


def sealed(name: str, content: Mapping[str, Any], **others: Mapping[str, Any]) -> bytes:
    """A manifest as its file holds it, with checksums of what it says and of the content of other files."""
    checksums = {file: checksum(content_) for file, content_ in {name: content, **others}.items()}
    return as_json({**content, CHECKSUMS: checksums}).encode()


def unsealed(path: Path) -> tuple[dict[str, Any], Mapping[str, str]]:
    """What a manifest says, and the checksums that it holds.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if it is not as labelsim wrote it.
    """
    content = versioned(path)
    checksums = content.pop(CHECKSUMS, None)
    if not isinstance(checksums, dict):
        raise ValueError(f"{path.name} was written by another version of labelsim, or changed since")  # noqa: TRY004
    check(path, content, checksums)
    return content, checksums


def versioned(path: Path) -> dict[str, Any]:
    """The content of a JSON file, if it is one of ours.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if it is no JSON, or none of ours.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path.name} is cut or damaged: {error}") from error
    if not isinstance(content, dict) or content.get("schema_version") != SCHEMA_VERSION:
        raise ValueError(f"{path.name} was written by something else, or by another version")
    return content


def check(path: Path, content: Mapping[str, Any], checksums: Mapping[str, str]) -> None:
    """Compare a file's content with its checksum.

    Raises:
        ValueError: if it is not what was written.
    """
    if checksums.get(path.name) != checksum(content):
        raise ValueError(f"{path.name} was changed since labelsim wrote it")


def checksum(content: Mapping[str, Any]) -> str:
    """Of what a JSON file says, however it is laid out."""
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
