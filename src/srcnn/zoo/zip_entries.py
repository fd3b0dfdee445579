"""What a ZIP file says that it holds. This module knows nothing of what that is."""

import struct
import zipfile
from pathlib import Path


def unpacked_sizes(path: Path) -> dict[str, int]:
    """Names and bytes of all files in a ZIP file when they are unpacked.

    Args:
        path: of any file.

    Returns:
        Nothing where it is no ZIP file, or one whose list is damaged: whoever reads it says what is wrong.

    Tests: tests/zoo/test_zip_entries.py.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return {entry.filename: entry.file_size for entry in archive.infolist()}
    # The last three: versions to come, names that are no text, and fields cut short.
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError, struct.error):
        return {}
