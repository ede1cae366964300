"""The laptop stack: AWS, WNS and the issuer of player tokens, with template.yaml deployed to it.

errors         the one exception whose text is meant for the person at the terminal
ports          which port each server wants
processes      child processes that never outlive this one
build          the layers and functions, built for this machine
sam_transform  template.yaml through AWS's own translator (runs in the SAM CLI's environment)
template       the translated template, rewritten for what the AWS emulator can take
leash          stands in front of each server and ends it (stand-alone)
aws_settings   keeps the developer's own AWS settings out
aws            the AWS emulator and the operator's credentials
emulator       starts the AWS emulator (runs in the emulator's environment)
deploy         artifacts and template into the emulator
function_logs  what the functions logged, as files
terminal       faults and signals, as `make run` and `make demo` take them
stack          all of it together: `LaptopStack`
"""
