"""From facts to a draft of the model: types, kinds of items, keys, parents, patterns."""
