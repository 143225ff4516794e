#!/bin/sh
sed s/release/changed/
