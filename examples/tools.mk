# Shared by the Makefiles beside this file: where the tools are, and the rules every experiment keeps. Every target is a file; what is
# there and newer than its inputs is not made again, and what a failed command leaves is removed.

BIN ?= $(abspath $(dir $(lastword $(MAKEFILE_LIST)))../build/bin)
export PATH := $(BIN):$(PATH)

.DELETE_ON_ERROR:
.SECONDARY:
