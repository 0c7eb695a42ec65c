# ruff: noqa: E501 - phrase tables and the shares of a random choice are data
"""Llama 3's chat format, and the tokenizer: how it is trained and how a conversation becomes tokens.

python chat.py --examples 120000 --seed 7 --output out/tokenizer
"""

from __future__ import annotations

import argparse
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import corpus
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prompts import Example

VOCAB = 4096
BEGIN, END, HEADER, HEADER_END, TURN_END = (
    "<|begin_of_text|>",
    "<|end_of_text|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|eot_id|>",
)
SPECIAL = (BEGIN, END, HEADER, HEADER_END, TURN_END)
# As Llama 3's, but one digit at a time, so that numbers are copied digit by digit.
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
TEMPLATE = (
    "{% set loop_messages = messages %}{% for message in loop_messages %}"
    "{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' + message['content'] | trim + '<|eot_id|>' %}"
    "{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)


def parts(example: Example) -> list[tuple[str, bool]]:
    """The conversation as text in order; True marks what the assistant says."""
    text = BEGIN
    if example.system:
        text += f"{HEADER}system{HEADER_END}\n\n{example.system.strip()}{TURN_END}"
    out: list[tuple[str, bool]] = []
    for turn in example.turns:
        text += f"{HEADER}user{HEADER_END}\n\n{turn.user.strip()}{TURN_END}{HEADER}assistant{HEADER_END}\n\n"
        out += [(text, False), (turn.assistant + TURN_END, True)]
        text = ""
    return out


def _texts(count: int, seed: int) -> Iterator[str]:
    for example in islice(corpus.stream(seed, held_out=False), count):
        for turn in example.turns:
            yield turn.user
            yield turn.assistant


def train_tokenizer(count: int, seed: int) -> PreTrainedTokenizerFast:
    """Train the byte-level BPE on a part of the corpus."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB - len(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
        max_token_length=14,
    )
    tokenizer.train_from_iterator(_texts(count, seed), trainer)
    tokenizer.add_special_tokens(list(SPECIAL))
    begin = tokenizer.token_to_id(BEGIN)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A", pair=f"{BEGIN} $A {BEGIN} $B", special_tokens=[(BEGIN, begin)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=BEGIN,
        eos_token=TURN_END,
        pad_token=END,
        chat_template=TEMPLATE,
        model_max_length=4096,
        clean_up_tokenization_spaces=False,
    )


def main() -> None:
    """Train the tokenizer and save it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=120_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    train_tokenizer(args.examples, args.seed).save_pretrained(args.output)


if __name__ == "__main__":
    main()
