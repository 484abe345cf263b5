"""Every job of the engine: what is asked, what is told on the way, what is answered.

One module a subject. To add a job, add a `Request` here, with the types of its progress and of its
answer, and a function in `nets.answering` that takes it. The window and the command line start it
by an instance of it; nothing else has to know of it.
"""
