"""Episodes over classes of images: classes to train on, fixed episodes to judge on."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from data.errors import DataError
from data.images.classes import ImageClass, ImageClasses, classes_of
from data.images.source import ImageSource
from data.overview import CountsClasses, HasOverview, Overview
from data.source import SPLITS
from data.splits import Splits

if TYPE_CHECKING:
    import tensorflow as tf

EPISODES_PER_SHARD = 500


class ImageEpisodes(BaseModel):
    """The source of few-shot classification tasks: whole classes in train, fixed episodes in eval and test.

    Features of an example; images are encoded:

    - `images`: all images of the class, in train; else empty.
    - `support_images`, `query_images`: images of the episode, in eval and test; else empty.
    - `support_y`, `query_y`: numbers of their classes in the episode.
    - `way`, `shot`: number of classes, and of support images of each; 1 and 0 in train.
    - `group`: group of all classes, such as an alphabet; `mixed` where they belong to several, or to none.
    - `classes`: names of the classes, in the order of their numbers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: ImageSource
    splits: Splits = Field(default_factory=Splits)
    ways: tuple[int, ...] = Field(min_length=1)
    shots: tuple[int, ...] = Field(min_length=1)
    queries: int = Field(ge=1, description="Query images of each class.")
    eval: int = Field(ge=1, description="Episodes.")
    test: int = Field(ge=1, description="Episodes.")
    is_within_groups: bool = False
    seed: int = 0

    def classes(self, split: str) -> Sequence[ImageClass]:
        """The classes of a split.

        Raises:
          DataError: they are fewer than an episode's, or one has fewer images than an episode takes of it.
        """
        found = [one for one in _read(self.model_dump_json(), self.fingerprint())[0] if one.split == split]
        self._check_classes(split, {one.name: len(one.images) for one in found})
        return found

    def left_out(self) -> int:
        """Number of images that cannot be read."""
        return _read(self.model_dump_json(), self.fingerprint())[1]

    def shards(self, split: str) -> Sequence[tuple[str, int]]:
        """Pairs of the split and the index of the shard's first example."""
        classes = self.classes(split)
        count = len(classes) if split == "train" else getattr(self, split)
        return [(split, start) for start in range(0, count, EPISODES_PER_SHARD)]

    def examples(self, shard: tuple[str, int]) -> Iterator[tuple[str, "tf.train.Example"]]:
        split, start = shard
        classes = self.classes(split)
        if split == "train":
            for one in classes[start : start + EPISODES_PER_SHARD]:
                yield one.name, _example([one], images=one.images)
            return
        pools = self._pools(classes)
        for index in range(start, min(start + EPISODES_PER_SHARD, getattr(self, split))):
            yield f"{split} episode {index}", self._episode(pools, split, index)

    def overview(self) -> Overview:
        """Classes and images of each split; where the source does not count its images, the source's own overview."""
        source = self.source
        if not isinstance(source, CountsClasses | ImageClasses):
            return source.overview() if isinstance(source, HasOverview) else Overview()
        counts = self._images_of_classes(source)
        for split in SPLITS:
            self._check_classes(split, counts[split])
        return Overview(
            facts={"ways": ", ".join(map(str, self.ways)), "shots": ", ".join(map(str, self.shots))},
            columns=("split", "classes", "images", "fewest of a class", "judged episodes"),
            rows=tuple(
                (split, len(found), sum(found.values()), min(found.values()), getattr(self, split, "drawn in training"))
                for split, found in counts.items()
            ),
        )

    def _images_of_classes(self, source: CountsClasses | ImageClasses) -> dict[str, dict[str, int]]:
        """{split: {class: its images}}."""
        found: list[tuple[str, str, int]]
        if isinstance(source, ImageClasses):
            found = [(one.split, one.name, len(one.images)) for one in source.image_classes()]
        else:
            images = map(sum, zip(*source.class_counts().values(), strict=True))
            named = zip(source.class_names(), images, strict=True)
            found = [(self.splits.of(name), name, count) for name, count in named if count]
        return {split: {name: count for place, name, count in found if place == split} for split in SPLITS}

    def _check_classes(self, split: str, images: Mapping[str, int]) -> None:
        """Raises DataError where a split's classes are fewer than an episode's, or have fewer images.

        Args:
          split: the split of the classes.
          images: number of images of each class, by its name.
        """
        if len(images) < max(self.ways):
            raise DataError(
                f"Each split must have as many classes as an episode. Received: {len(images)} in {split} for "
                f"{max(self.ways)} ways. Lower the ways, bring more classes, or deal them otherwise by options.splits."
            )
        needed = max(self.shots) + self.queries
        for name, count in images.items():
            if count < needed:
                raise DataError(
                    f"Each class must have as many images as an episode takes of it. Received: {count} of {name} for "
                    f"{max(self.shots)} shots and {self.queries} queries. Lower them, or leave it out."
                )

    def fingerprint(self) -> str:
        text = self.model_dump_json(exclude={"source"}) + self.source.fingerprint()
        return hashlib.sha256(text.encode()).hexdigest()

    def _pools(self, classes: Sequence[ImageClass]) -> list[list[ImageClass]]:
        """The classes that an episode is drawn from: all, or the large enough groups in turn."""
        if not self.is_within_groups:
            return [list(classes)]
        groups: dict[str, list[ImageClass]] = {}
        for one in classes:
            groups.setdefault(one.group, []).append(one)
        large = [group for group in groups.values() if len(group) >= max(self.ways)]
        if not large:
            raise DataError(
                f"With is_within_groups, a group must have as many classes as an episode. Received: at most "
                f"{max(map(len, groups.values()))} in a group for {max(self.ways)} ways. Lower the ways."
            )
        return large

    def _episode(self, pools: list[list[ImageClass]], split: str, index: int) -> "tf.train.Example":
        digest = hashlib.blake2b(f"{self.seed}/{split}/{index}".encode(), digest_size=8).digest()
        random = np.random.default_rng(int.from_bytes(digest, "big"))
        kinds = [(way, shot) for way in self.ways for shot in self.shots]
        way, shot = kinds[index % len(kinds)]
        pool = pools[index // len(kinds) % len(pools)]
        chosen = [pool[place] for place in random.choice(len(pool), way, replace=False)]
        support: list[bytes] = []
        query: list[bytes] = []
        for one in chosen:
            places = random.choice(len(one.images), shot + self.queries, replace=False)
            support += [one.images[place] for place in places[:shot]]
            query += [one.images[place] for place in places[shot:]]
        return _example(chosen, support=support, query=query, shot=shot, queries=self.queries)


def _example(
    classes: Sequence[ImageClass],
    *,
    images: Sequence[bytes] = (),
    support: Sequence[bytes] = (),
    query: Sequence[bytes] = (),
    shot: int = 0,
    queries: int = 0,
) -> "tf.train.Example":
    import tensorflow as tf

    groups = {one.group for one in classes}
    group = groups.pop() if len(groups) == 1 else ""
    example = tf.train.Example()
    strings: dict[str, Sequence[bytes]] = {
        "images": images,
        "support_images": support,
        "query_images": query,
        "classes": [one.name.encode() for one in classes],
        "group": [(group or "mixed").encode()],
    }
    numbers = {
        "support_y": [number for number in range(len(classes)) for _ in range(shot)],
        "query_y": [number for number in range(len(classes)) for _ in range(queries)],
        "way": [len(classes)],
        "shot": [shot],
    }
    for name, values in strings.items():
        example.features.feature[name].bytes_list.SetInParent()
        example.features.feature[name].bytes_list.value.extend(values)
    for name, integers in numbers.items():
        example.features.feature[name].int64_list.SetInParent()
        example.features.feature[name].int64_list.value.extend(integers)
    return example


@lru_cache(maxsize=2)
def _read(text: str, fingerprint: str) -> tuple[Sequence[ImageClass], int]:
    """Reads once for all shards of a process; another fingerprint reads anew."""
    episodes = ImageEpisodes.model_validate_json(text)
    return classes_of(episodes.source, episodes.splits)
