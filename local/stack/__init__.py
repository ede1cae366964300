"""The laptop stack: AWS, WNS and the issuer of player tokens, with template.yaml deployed to it.

errors         `StackError`, whose text is for the person at the terminal
ports          the port of each server
processes      child processes that never outlive this one
leash          runs a server and ends it with its parent (stand-alone)
build          builds the layers and functions for this machine
sam_transform  translates template.yaml with AWS's translator (in the SAM CLI's environment)
template       rewrites the translated template for the AWS emulator
aws_settings   hides the developer's own AWS settings
aws            the AWS emulator and the operator's credentials
emulator       starts the AWS emulator (in the emulator's environment)
deploy         uploads artifacts and creates the stack
function_logs  the functions' logs as files
issuer         the issuer of player tokens
terminal       error messages and signals of `make run` and `make demo`
stack          the whole stack: `LaptopStack`
"""
