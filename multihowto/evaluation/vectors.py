"""What is ranked: unit vectors of videos and of texts, from a trained model or from a baseline."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from multihowto.training.data import Clips
from multihowto.training.embedding import embed_texts, embed_videos
from multihowto.training.model import Mmp
from multihowto.training.ragged import Ints
from multihowto.training.token_states import TokenStates


@dataclass(frozen=True)
class Vectors:
    """Videos (n, width), and how texts are made into the same space by their numbers among the states."""

    videos: Tensor
    texts: Callable[[TokenStates, Ints], Tensor]


def of_model(model: Mmp, clips: Clips, numbers: Ints) -> Vectors:
    """Vectors of clips by number, and of any texts."""

    def texts(states: TokenStates, asked: Ints) -> Tensor:
        return embed_texts(model, states, asked)

    return Vectors(embed_videos(model, clips, numbers), texts)
