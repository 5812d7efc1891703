"""Children that a reference alone tells apart name different instances of an ancestor's kind."""

from __future__ import annotations

from tablewright import read_model
from tablewright.sample.sample import Sample

MODEL = """\
app: feed
region: us-east-1
scales: [30]
entities:
  User: {key: user, attributes: {user: uuid}}
  Post: {of: User, key: post, count: 4, attributes: {post: uuid}}
  Like: {of: Post, key: liker, count: 5, attributes: {liker: ref(User)}}
patterns:
  likes: {list: Like, where: post, rate: 1/user/day}
"""


def test_who_likes_a_post_are_five_others_than_its_author() -> None:
    # 30 users with 4 posts of 5 likes: 600, each of another user of the 29 others
    sample = Sample(read_model(MODEL, "feed.yaml").model)
    posts, likers = (sample.values("Like", name, 600, 30) for name in ("post", "liker"))
    assert len(set(zip(posts, likers, strict=True))) == 600
    authors = dict(
        zip(sample.values("Post", "post", 120, 30), sample.values("Post", "user", 120, 30),
            strict=True)
    )  # fmt: skip
    assert all(authors[post] != liker for post, liker in zip(posts, likers, strict=True))
