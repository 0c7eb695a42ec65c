"""Users and passwords in what the configuration names as sources: put in where they are used, taken out of every text.

Pure. Redaction takes too much rather than too little: it is for texts that people read.
"""

import re
from typing import Final
from urllib.parse import quote, quote_plus, unquote

_USER_INFO: Final = re.compile(r"(?<=://)[^\s'\"]*@")
"""Up to the last `@`: a password that was not percent-encoded may hold `@`, `/`, `:` and `?`."""
_UP_TO_AN_AT: Final = re.compile(r"(?<![^\s'\"])[^\s'\"]*@")
"""From where a word begins: in a URL that is mistyped there is no telling where its user begins."""
_NAMED: Final = re.compile(
    r"(?P<name>\b(?:user-?id|user-?pw|user(?:name)?|usr|pass(?:word|wd)?|pwd|pw|token|secret|key|auth|proxy-pw)\s*=\s*)"
    r"(?P<value>\"[^\"]*\"?|'[^']*'?|[^\s&;]+)",
    re.IGNORECASE,
)
"""In a query, or as a property of a pipeline's element."""
_HIDDEN: Final = "***"


def redact(text: str, secrets: tuple[str, ...] = ()) -> str:
    """The text without anything in it that looks like a user or a password.

    Args:
        text: An error, a URL, a pipeline.
        secrets: What is known to be secret, taken out wherever it is, also percent-encoded.
    """
    spellings = {form for secret in secrets if secret for form in (secret, quote(secret, safe=""), quote_plus(secret))}
    for spelling in sorted(spellings, key=len, reverse=True):
        text = text.replace(spelling, _HIDDEN)
    text = _UP_TO_AN_AT.sub(_without_password, _USER_INFO.sub("", text))
    return _NAMED.sub(lambda match: match["name"] + _HIDDEN, text)


def _without_password(up_to_an_at: re.Match[str]) -> str:
    """All of `user:password@` and what is before it; a word without a colon, as it is."""
    return f"{_HIDDEN}@" if ":" in up_to_an_at[0] else up_to_an_at[0]


def secrets_of(source: str) -> tuple[str, ...]:
    """The password in a URL, as it is written there and decoded; empty where there is none."""
    user_info = _USER_INFO.search(source)
    if user_info is None:
        return ()
    password = user_info[0].removesuffix("@").partition(":")[2]
    return tuple(dict.fromkeys(form for form in (password, unquote(password)) if form))


def split_user(url: str) -> tuple[str, str, str]:
    """The URL without its user, then the user and the password, decoded; both empty where there are none."""
    user_info = _USER_INFO.search(url)
    if user_info is None:
        return url, "", ""
    user, _, password = user_info[0].removesuffix("@").partition(":")
    return url[: user_info.start()] + url[user_info.end() :], unquote(user), unquote(password)


def with_password(source: str, password: str) -> str:
    """The URL with the password behind the user that it names.

    Raises:
        ValueError: It names no user, or a password already.
    """
    user_info = _USER_INFO.search(source)
    if user_info is None:
        raise ValueError("password_file needs a source that names the user: rtsp://user@...")
    user, colon, _ = user_info[0].removesuffix("@").partition(":")
    if colon:
        raise ValueError("there is a password in the source, and a password_file")
    return f"{source[: user_info.start()]}{user}:{quote(password, safe='')}@{source[user_info.end() :]}"
