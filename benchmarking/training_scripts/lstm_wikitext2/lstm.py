"""A language model: LSTM layers over embedded words, whose embedding is the output layer as well.

Zaremba et al. 2014, Recurrent Neural Network Regularization (where dropout is applied); Press and Wolf 2016,
Using the Output Embedding to Improve Language Models (the shared weights).
"""

from torch import nn


class LSTMLanguageModel(nn.Module):
    """Logits of the next token at each position, and the state from which the text goes on.

    :param n_tokens: size of the vocabulary
    :param width: of the embedding and of the layers
    """

    def __init__(self, n_tokens, width, n_layers, dropout):
        super().__init__()
        self.embedding = nn.Embedding(n_tokens, width)
        self.lstm = nn.LSTM(width, width, n_layers, dropout=dropout if n_layers > 1 else 0.0)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width, n_tokens)
        self.head.weight = self.embedding.weight
        nn.init.uniform_(self.embedding.weight, -0.1, 0.1)
        nn.init.zeros_(self.head.bias)

    def forward(self, tokens, state=None):
        """``tokens`` of shape (length, columns); logits of shape (length, columns, n_tokens).

        :param state: what the call before returned; None at the beginning of the text
        """
        outputs, state = self.lstm(self.dropout(self.embedding(tokens)), state)
        return self.head(self.dropout(outputs)), tuple(part.detach() for part in state)
