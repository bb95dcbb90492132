"""Reading training code: parse, lower, link, interpret, and build the training model of each program."""
