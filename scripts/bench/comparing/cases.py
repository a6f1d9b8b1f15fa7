"""The cases of the comparison."""

import dataclasses
import pathlib

families = ["mlp", "cnn", "resnet", "gpt", "lstm"]
# Larger networks and other batches, compared only if named, with the family that each belongs to.
sizes = {"gpt2-small": "gpt", "gpt2-small-50257": "gpt", "resnet50": "resnet", "lstm-1024": "lstm"}
sizes |= {"mlp-1": "mlp", "mlp-4096": "mlp"}
precisions = ["float32", "bf16"]
folder = pathlib.Path(__file__).resolve().parents[1]


def kind(family):
    """The family that a size belongs to; of a family itself."""
    return sizes.get(family, family)


@dataclasses.dataclass(frozen=True)
class Case:
    """A family in a precision on a number of ranks."""

    family: str
    precision: str
    ranks: int

    @property
    def name(self):
        return f"{self.family} {self.precision} {self.ranks} rank{'s' if self.ranks > 1 else ''}"

    @property
    def slug(self):
        return f"{self.family}-{self.precision}-{self.ranks}"

    @property
    def file(self):
        """Returns Lockstep's run file; its batch is that of one rank."""
        return folder / ("sizes" if self.family in sizes else "families") / f"{self.family}.yaml"


def all_cases(chosen_families, chosen_precisions, chosen_ranks):
    return [
        Case(family, precision, ranks)
        for ranks in chosen_ranks
        for precision in chosen_precisions
        for family in chosen_families
    ]
