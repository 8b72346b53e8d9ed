#!/usr/bin/env node
process.stdout.write('suture\n')
