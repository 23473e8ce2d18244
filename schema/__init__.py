"""How it is asked: the GraphQL types, inputs and mutations of each capability."""
