"""Cases as data: requests and the replies the documents promise."""
