//! Private keys: what a file holds, its mode, the agent.
