#!/bin/sh
echo no such kind >&2
exit 3
