"""Private keys as files: ed25519, PKCS #8 in PEM, encrypted with a passphrase. Owns these files.

The metadata says of each public key which file has the private one, so that any copy of the folder will do.
"""

import re
from collections.abc import Callable, Collection, Sequence
from itertools import count
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from securesystemslib.signer import CryptoSigner, Key, SSlibKey

from agent.durable_file import write_durably
from agent.fleet_admin.errors import FleetError
from agent.fleet_admin.roles import ROOT

FILE_FIELD = "x-jetson-agent-key"
"""In a key's metadata: the file's name without its ending. Devices do not look at it."""
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}-[0-9]+")

Passphrase = Callable[[str], bytes]
"""Asked with a key's name; a second time when what it said is not that key's."""


class KeyFolder:
    """The keys of a fleet.

    Args:
        folder: Where new ones go, and old ones are looked for; those of root are in `root/` below it.
        passphrase: What they are encrypted with.
        others: More folders to look in: a stick with the keys of root, say.
    """

    def __init__(self, folder: Path, passphrase: Passphrase, others: Sequence[Path] = ()) -> None:
        self._folder = folder
        self._passphrase = passphrase
        self._places = (folder, folder / ROOT, *others)
        self._opened: dict[str, CryptoSigner] = {}

    def make(self, role: str, taken: Collection[str] = ()) -> SSlibKey:
        """A new key for a role, by the first name that is free: `timestamp-1`.

        Args:
            role: Which.
            taken: Names that are not free, although no file here has them.

        Raises:
            FleetError: It cannot be written.
        """
        folder = self._folder / ROOT if role == ROOT else self._folder
        private = Ed25519PrivateKey.generate()
        try:
            names = (f"{role}-{number}" for number in count(1))
            name = next(name for name in names if name not in taken and self._file(name) is None)
            encryption = BestAvailableEncryption(self._passphrase(name))  # first: what is refused leaves no folder
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
            write_durably(folder / f"{name}.pem", pem)
        except OSError as error:
            raise FleetError(f"{folder}: a key cannot be written: {error.strerror}") from error
        public = SSlibKey.from_crypto(private.public_key())
        public.unrecognized_fields[FILE_FIELD] = name
        self._opened[public.keyid] = CryptoSigner(private, public)
        return public

    def discard(self, key: Key) -> None:
        """Remove a key that was made for nothing."""
        file = self._file(name_of(key))
        if file is not None and self._opened.pop(key.keyid, None) is not None:
            file.unlink(missing_ok=True)

    def signer(self, key: Key) -> CryptoSigner | None:
        """What signs with a key; None: its file is not here.

        Raises:
            FleetError: It is here, and cannot be opened.
        """
        if key.keyid in self._opened:
            return self._opened[key.keyid]
        file = self._file(name_of(key))
        if file is None or not isinstance(key, SSlibKey):
            return None
        try:
            signer = CryptoSigner(self._private(file), key)
        except (OSError, ValueError, TypeError) as error:
            raise FleetError(f"{file}: cannot be used: {error}. Is the passphrase right?") from error
        self._opened[key.keyid] = signer
        return signer

    def _private(self, file: Path) -> Ed25519PrivateKey:
        pem = file.read_bytes()
        try:
            private = load_pem_private_key(pem, None)
        except TypeError:  # it is encrypted
            private = self._decrypted(pem, file.stem)
        if not isinstance(private, Ed25519PrivateKey):
            raise ValueError("it is no ed25519 key")  # noqa: TRY004 - of a file, not of an argument
        return private

    def _decrypted(self, pem: bytes, name: str) -> PrivateKeyTypes:
        try:
            return load_pem_private_key(pem, self._passphrase(name))
        except ValueError:
            return load_pem_private_key(pem, self._passphrase(name))

    def _file(self, name: str) -> Path | None:
        if not _NAME.fullmatch(name):
            return None
        return next((file for place in self._places if (file := place / f"{name}.pem").is_file()), None)


def name_of(key: Key) -> str:
    """A key's name, which is its file's."""
    return str(key.unrecognized_fields.get(FILE_FIELD, key.keyid))
