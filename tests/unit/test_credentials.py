"""No user and no password leaves in a text."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.credentials import redact, secrets_of, split_user, with_password

SAFE = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=8, max_size=12)
PATH = st.text("KLMNOPQ", max_size=12)
ODD = st.text("abcXYZ019!$&()*+,;=~-._@/:?#%", min_size=6, max_size=16)


@given(user=SAFE, password=ODD, path=PATH, before=st.sampled_from(["", "cannot open ", "'", 'location="']))
def test_a_url_in_a_text_loses_its_user_whatever_the_password_is(
    user: str, password: str, path: str, before: str
) -> None:
    said = redact(f"{before}rtsp://{user}:{password}@cam.lan:554/{path} failed")
    assert user not in said
    assert password not in said
    assert said.startswith(f"{before}rtsp://")
    assert said.endswith(" failed")


@given(secret=ODD, around=st.text(max_size=20))
def test_a_known_secret_is_taken_out_wherever_it_is(secret: str, around: str) -> None:
    said = redact(f"{around} {secret} {around}", (secret,))
    assert secret not in said.replace(around, "")


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("rtsp://cam/live", "rtsp://cam/live"),
        ("http://cam/jpg?user=ann&password=hunter2&size=1", "http://cam/jpg?user=***&password=***&size=1"),
        ("rtspsrc user-id=ann user-pw='hun ter2' ! x", "rtspsrc user-id=*** user-pw=*** ! x"),
        ("http://cam/?pwd=a%20b", "http://cam/?pwd=***"),
        ("no camera at all", "no camera at all"),
        ("ann@cam at 10.0.0.5:554", "ann@cam at 10.0.0.5:554"),
        ("rtsp:/admin:S3cret@10.0.0.5/live: no such file", "***@10.0.0.5/live: no such file"),
        ("admin:S3@c:r/et@10.0.0.5/live", "***@10.0.0.5/live"),
        ("there is no 'http//admin:S3cret@10.0.0.5/x'", "there is no '***@10.0.0.5/x'"),
        ("//admin:S3cret@cam/x", "***@cam/x"),
    ],
)
def test_what_it_leaves(text: str, redacted: str) -> None:
    assert redact(text) == redacted


@given(user=SAFE, password=ODD)
def test_a_password_from_a_file_is_put_in_and_found_again(user: str, password: str) -> None:
    url = with_password(f"rtsp://{user}@cam.lan/live", password)
    assert split_user(url) == ("rtsp://cam.lan/live", user, password)
    assert password in {unquote(form) for form in secrets_of(url)}
    assert redact(url, secrets_of(url)) == "rtsp://cam.lan/live"


@pytest.mark.parametrize(("url", "why"), [("rtsp://cam/", "names the user"), ("rtsp://a:b@cam/", "a password in")])
def test_a_password_without_a_place(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        with_password(url, "x")


def test_without_a_user_there_is_nothing_to_hide() -> None:
    assert secrets_of("rtsp://cam/live") == ()
    assert secrets_of("rtsp://ann@cam/live") == ()
    assert split_user("rtsp://cam/live") == ("rtsp://cam/live", "", "")
