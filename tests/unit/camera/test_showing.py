"""What cameras see, in a prompt that names them."""

from dataclasses import replace

import pytest

from agent.camera.first_looks import FirstLooks
from agent.camera.showing import Showing, nothing_to_show
from agent.camera.values import CameraName, Facts, Picture
from agent.errors import ErrorCode, RejectedError
from agent.observed import Observed
from agent.prompt import Message, Prompt, PromptId, ReplyTo, Role, Sampling
from agent.units import Seconds, UnixSeconds
from tests.unit.camera.observations import CLOCK, DOOR, PICTURE, facts

URL = "data:image/jpeg;base64,/9ggYSBwaWN0dXJl"
PROMPT = Prompt(
    id=PromptId("a"),
    messages=(Message(Role.USER, "Hi."), Message(Role.USER, "Who?", ("data:own",)), Message(Role.ASSISTANT, "Well:")),
    sampling=Sampling(),
    reply_to=ReplyTo("r"),
    received=Seconds(1),
    received_wall=UnixSeconds(1),
    cameras=("door", "yard"),
)


def _describe(seen: Facts) -> str:
    return f"{seen.camera} is {seen.light}."


async def _picture(_camera: CameraName) -> Picture:
    return PICTURE


def _facts(camera: CameraName) -> Facts:
    if camera != DOOR:
        raise nothing_to_show(camera, "it is being opened")
    return facts()


FIRST_LOOKS = FirstLooks((), CLOCK)
SHOWING = Showing(
    FIRST_LOOKS, picture=_picture, facts=lambda camera: replace(facts(), camera=camera), describe=_describe
)


async def test_a_model_that_takes_images_gets_the_pictures() -> None:
    shown = await SHOWING.show(PROMPT, takes_images=True)
    assert [(it.content, it.images) for it in shown.messages] == [
        ("Hi.", ()),
        ("Who?", ("data:own", URL, URL)),
        ("Well:", ()),
    ]


async def test_a_model_that_reads_text_gets_the_facts_before_the_last_user_message() -> None:
    shown = await SHOWING.show(PROMPT, takes_images=False)
    assert [it.content for it in shown.messages] == ["Hi.", "Facts: door is bright. yard is bright. Who?", "Well:"]
    assert shown.messages[1].images == ("data:own",)


async def test_a_camera_without_a_picture_is_told_with_when_to_ask_again() -> None:
    showing = Showing(FIRST_LOOKS, picture=_picture, facts=_facts, describe=_describe)
    with pytest.raises(RejectedError, match="camera yard has no picture now: it is being opened") as refused:
        await showing.show(PROMPT, takes_images=False)
    assert refused.value.code is ErrorCode.NO_PICTURE
    assert refused.value.retry_after_s is not None


async def test_a_prompt_without_cameras_stays_as_it_is() -> None:
    plain = replace(PROMPT, cameras=())
    assert await SHOWING.show(plain, takes_images=False) is plain


async def test_a_cameras_own_prompt_keeps_its_picture_for_a_model_that_takes_it() -> None:
    own = replace(PROMPT, cameras=(), observed=Observed("door", "motion", UnixSeconds(1), "{}"))
    assert await SHOWING.show(own, takes_images=True) is own
    assert not (await SHOWING.show(own, takes_images=False)).has_images
