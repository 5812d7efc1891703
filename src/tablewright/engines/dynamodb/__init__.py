"""DynamoDB: layout, routes, units and the adapter that talks to it."""
