"""A language model: a stack of Transformer layers that see only what comes before (Vaswani et al. 2017)."""

import math

import torch
from torch import nn


class TransformerLM(nn.Module):
    """Logits of the next token at each position.

    :param n_tokens: size of the vocabulary
    :param d_model: width; a multiple of ``nhead``
    :param ffn_ratio: width of the feed-forward layers, in multiples of ``d_model``
    :param longest: most tokens in a sequence
    """

    def __init__(self, n_tokens, d_model, ffn_ratio, nlayers, nhead, dropout, longest):
        super().__init__()
        self.width = d_model
        self.embedding = nn.Embedding(n_tokens, d_model)
        layer = nn.TransformerEncoderLayer(d_model, nhead, int(ffn_ratio * d_model), dropout)
        self.layers = nn.TransformerEncoder(layer, nlayers, enable_nested_tensor=False)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(d_model, n_tokens)
        mask = nn.Transformer.generate_square_subsequent_mask(longest)
        self.register_buffer("mask", mask, persistent=False)
        self.register_buffer("positions", encoded_positions(longest, d_model), persistent=False)
        for weight in (self.embedding.weight, self.head.weight):
            nn.init.uniform_(weight, -0.1, 0.1)
        nn.init.zeros_(self.head.bias)

    def forward(self, tokens):
        """``tokens`` of shape (length, columns); logits of shape (length, columns, n_tokens)."""
        length = len(tokens)
        x = self.embedding(tokens) * math.sqrt(self.width) + self.positions[:length, None]
        x = self.layers(self.dropout(x), mask=self.mask[:length, :length], is_causal=True)
        return self.head(x)


def encoded_positions(longest, d_model):
    """Sines and cosines of the position, with wavelengths from 2 pi to 10,000 times that."""
    position = torch.arange(longest, dtype=torch.float32)[:, None]
    rate = torch.exp(torch.arange(0, d_model, 2, dtype=torch.float32) * (-math.log(10_000.0) / d_model))
    encoded = torch.zeros(longest, d_model)
    encoded[:, 0::2] = torch.sin(position * rate)
    encoded[:, 1::2] = torch.cos(position * rate)[:, : d_model // 2]
    return encoded
