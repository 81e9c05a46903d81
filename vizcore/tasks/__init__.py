"""What can be asked of a network by name, as tasks for an engine or for `run_here`.

Each function names a network, and a picture where it looks at one, and gives a `Task` whose key
holds the network, the hash of its weights, the hash of the picture and the parameters: equal tasks
are computed once. Torch is imported when the work begins, not when the task is made.
"""
