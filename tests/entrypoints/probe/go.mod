module gotune.test/entrypoints

go 1.19
