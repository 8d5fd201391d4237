"""Thresholds as dive checks them."""

import math

import pytest

from dockerlab.image.thresholds import judge
from dockerlab.text import bytes_of
from tests.layers import image_of, layer


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [("700", 700), ("0", 0), ("5KB", 5000), ("5 kb", 5000), ("10MB", 10_000_000), ("1.5GB", 1_500_000_000),
     ("20MiB", 20 << 20), ("3k", 3000), ("7B", 7), (" .5MB ", 500_000), ("1tb", 10**12)],
)  # fmt: skip
def test_sizes_are_written_as_for_dive(text, size_bytes):
    assert bytes_of(text) == size_bytes


@pytest.mark.parametrize("text", ["", "MB", "10XB", "-5MB", "1,5MB", "nan", "inf", "1e3", "٣MB"])
def test_other_words_are_no_size(text):
    with pytest.raises(ValueError, match="is no size"):
        bytes_of(text)


# 30 of 100 bytes are wasted: efficiency (80 + 10) / 110, 30 of the upper layer's 30 bytes.
WASTEFUL = image_of(layer(a=80, b=10), layer(b=20))


@pytest.mark.parametrize(
    ("thresholds", "broken"),
    [
        ((None, None, None), []),
        ((90 / 110, None, None), []),
        ((0.82, None, None), ["lowestEfficiency"]),
        ((None, 30, None), []),
        ((None, 29, None), ["highestWastedBytes"]),
        ((None, None, 1.0), ["highestUserWastedPercent"]),
        ((1.0, 0, 0.0), ["lowestEfficiency", "highestWastedBytes", "highestUserWastedPercent"]),
    ],
)
def test_what_lies_on_a_threshold_keeps_it(thresholds, broken):
    verdicts = judge(WASTEFUL, *thresholds)
    assert [verdict.rule for verdict in verdicts if not verdict.holds] == broken
    assert all("the allowed" in verdict.sentence for verdict in verdicts)
    assert len(verdicts) == sum(threshold is not None for threshold in thresholds)


@pytest.mark.parametrize(
    ("layers", "share"),
    [((), 0), ((layer(a=5),), 0), ((layer(a=5), layer(b=5)), 0), ((layer(a=5), layer(a=5)), 2),
     ((layer(a=5), layer(a="-")), math.inf)],
)  # fmt: skip
def test_the_users_part_leaves_out_the_lowest_layer(layers, share):
    assert image_of(*layers).user_wasted_percent == share
