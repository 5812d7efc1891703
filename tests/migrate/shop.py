"""A small model with three designs that store the same orders very differently."""

from __future__ import annotations

MODEL = """
app: shop
region: us-east-1
scales: [10]
entities:
  User:
    key: user_id
    attributes:
      user_id: uuid
      email: {type: email, unique: true}
      bio: {type: text, bytes: 60}
  Order:
    of: User
    count: 3
    key: order_id
    attributes:
      order_id: uuid
      total: {type: int, min: 1, max: 500}
      note: {type: text, bytes: 20, presence: 0.5}
patterns:
  user: {get: User, by: user_id, rate: 1/user/day}
  by_email: {get: User, by: email, rate: 1/user/day}
  orders: {list: Order, where: user_id, rate: 1/user/day}
designs:
  apart:
    engine: dynamodb
    tables:
      users: {key: user_id, items: {User: {attributes: all}}, indexes: {by_email: {key: email}}}
      orders: {key: [user_id, order_id], items: {Order: {attributes: all}}}
  together:
    engine: dynamodb
    tables:
      shop:
        key: [PK, SK]
        items:
          User: {keys: {PK: "U#{user_id}", SK: "PROFILE"}, attributes: all}
          Order: {keys: {PK: "U#{user_id}", SK: "O#{order_id}"}, attributes: all}
        indexes: {by_email: {key: email}}
  guarded:
    engine: dynamodb
    tables:
      users:
        key: user_id
        items:
          User: {attributes: all}
          EmailGuard:
            of: User
            keys: {user_id: "EMAIL#{email}"}
            attributes: [user_id]
            guards: [email]
      orders: {key: [user_id, order_id], items: {Order: {attributes: all}}}
  only_users:
    engine: dynamodb
    tables:
      users: {key: user_id, items: {User: {attributes: all}}, indexes: {by_email: {key: email}}}
  without_notes:
    engine: dynamodb
    tables:
      users: {key: user_id, items: {User: {attributes: all}}, indexes: {by_email: {key: email}}}
      orders: {key: [user_id, order_id], items: {Order: {attributes: [total]}}}
  by_total:
    engine: dynamodb
    tables:
      users: {key: user_id, items: {User: {attributes: all}}, indexes: {by_email: {key: email}}}
      orders: {key: [user_id, order_id], items: {Order: {attributes: all}}}
  joined:
    engine: dynamodb
    tables:
      users: {key: user_id, items: {User: {attributes: all}}, indexes: {by_email: {key: email}}}
      orders:
        key: PK
        items:
          Order:
            keys: {PK: "{user_id}#{order_id}"}
            attributes: [user_id, order_id, total, note]
  embedded:
    engine: dynamodb
    tables:
      users:
        key: user_id
        items: {User: {attributes: all, embed: {orders: Order}}}
        indexes: {by_email: {key: email}}
"""
