"""Signs metadata with the keys that others' metadata asks for."""

from typing import Any

from tuf.api.metadata import Metadata, Root, Targets

from agent.fleet_admin.errors import KeyMissingError
from agent.fleet_admin.keys import KeyFolder, name_of
from agent.fleet_admin.roles import shown

Authority = Root | Targets
"""What says whose signatures a role needs, and how many."""


def sign(metadata: Metadata[Any], role: str, authorities: tuple[Authority, ...], keys: KeyFolder) -> None:
    """Replace the signatures by those of every key that is here and that an authority knows for the role."""
    metadata.signatures.clear()
    for authority in authorities:
        for keyid in authority.get_delegated_role(role).keyids:
            if keyid not in metadata.signatures:
                signer = keys.signer(authority.get_key(keyid))
                if signer is not None:
                    metadata.sign(signer, append=True)


def is_signed(metadata: Metadata[Any], role: str, authority: Authority) -> bool:
    """Whether a device that has `authority` takes it."""
    return bool(authority.get_verification_result(role, metadata.signed_bytes, metadata.signatures))


def demand(metadata: Metadata[Any], role: str, authority: Authority) -> None:
    """Raise `KeyMissingError`, unless enough have signed."""
    result = authority.get_verification_result(role, metadata.signed_bytes, metadata.signatures)
    if not result:
        missing = ", ".join(sorted(name_of(key) for key in result.unsigned.values()))
        raise KeyMissingError(
            f"{shown(role)} needs {result.threshold} of its {len(result.signed) + len(result.unsigned)} keys and has "
            f"{len(result.signed)}: bring one of {missing} (--keys FOLDER says where a key is)"
        )
