"""Thresholds of waste for a pipeline: the rules of dive's CI mode, by their names, with their defaults."""

from dataclasses import dataclass

from dockerlab.image.image import Image
from dockerlab.text import size_text

# What dive's CI mode uses where nothing else is said. It has no default for highestWastedBytes.
LOWEST_EFFICIENCY, HIGHEST_USER_WASTED_PERCENT = 0.9, 0.1


@dataclass(frozen=True)
class Verdict:
    """Whether an image keeps a threshold."""

    rule: str  # dive's name
    threshold: float
    measured: float
    holds: bool
    sentence: str


def judge(
    image: Image,
    lowest_efficiency: float | None = None,
    highest_wasted_bytes: float | None = None,
    highest_user_wasted_percent: float | None = None,
) -> list[Verdict]:
    """Compare an image with thresholds. A value on the threshold itself keeps it.

    Args:
        lowest_efficiency: 0 to 1, as `Image.efficiency`; None to leave a rule out, here and below.
        highest_wasted_bytes: as `Image.wasted_bytes`.
        highest_user_wasted_percent: a part of 1, as `Image.user_wasted_percent`.
    """
    found = []
    if (least := lowest_efficiency) is not None:
        is_kept, words = _compared(image.efficiency >= least, "below", "at least")
        sentence = f"Efficiency is {image.efficiency:.4f}, {words} {least:g}."
        found.append(Verdict("lowestEfficiency", least, image.efficiency, is_kept, sentence))
    if (most := highest_wasted_bytes) is not None:
        is_kept, words = _compared(image.wasted_bytes <= most, "above", "at most")
        sentence = (
            f"{size_text(image.wasted_bytes)} are wasted ({image.wasted_bytes:,} bytes), {words} {most:,.0f} bytes."
        )
        found.append(Verdict("highestWastedBytes", most, image.wasted_bytes, is_kept, sentence))
    if (most := highest_user_wasted_percent) is not None:
        share = image.user_wasted_percent
        is_kept, words = _compared(share <= most, "above", "at most")
        sentence = f"Wasted bytes are {share:.4f} of what the layers above the lowest hold, {words} {most:g}."
        found.append(Verdict("highestUserWastedPercent", most, share, is_kept, sentence))
    return found


def _compared(is_kept: bool, broken: str, kept: str) -> tuple[bool, str]:
    return is_kept, f"{kept} the allowed" if is_kept else f"{broken} the allowed"
