"""How well a camera's triggers do on clips with known ground truth.

`python -m tests.bench.trigger_quality` draws the clips of `tests.camera_clips`, measures each frame as the looking
process does, draws the conclusions that the agent draws, and prints a table: what happened, what was told, how late,
and what was told of nothing.
"""

import argparse
import sys
from dataclasses import replace

from agent.camera.wording import describe_facts
from agent.units import Seconds
from tests.camera_clips.clips import CLIPS
from tests.camera_clips.quality import LOOKS, directions, score, watch


def main() -> int:
    """The command line; 0 when nothing was missed and nothing made up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", nargs="*", default=[*CLIPS])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--still", type=float, default=600.0, help="length of the still clip, in seconds")
    parser.add_argument("--all", action="store_true", help="print everything that is told")
    arguments = parser.parse_args()
    print(f"{LOOKS} looks a second")
    print("| clip | seconds | trigger | events | found | slowest, s | false alarms |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    is_perfect = True
    for name in arguments.clips:
        clip = CLIPS[name]
        if name == "still":
            clip = replace(clip, story=replace(clip.story, lasts=Seconds(arguments.still)))
        told, truths = watch(clip, arguments.seed)
        for trigger, found in score(clip, told, truths).items():
            when = f" (at {', '.join(f'{at:.1f}' for at in found.false)})" if found.false else ""
            print(
                f"| {name} | {clip.story.lasts:g} | {trigger} | {found.events} | {found.found} "
                f"| {f'{found.delay:.1f}' if found.found else '-'} | {len(found.false)}{when} |",
                flush=True,
            )
            is_perfect = is_perfect and found.found == found.events and not found.false
        right, said = directions(told, truths)
        print(
            f"| {name} | {clip.story.lasts:g} | directions told | {said} | {right} | - | {said - right} |", flush=True
        )
        if arguments.all:
            for each in told:
                print(f"  {each.at:6.1f} s  {each.fire.trigger.value}: {each.fire.why}: {describe_facts(each.facts)}")
    return 0 if is_perfect else 1


if __name__ == "__main__":
    sys.exit(main())
