module gotune.test/effect

go 1.19
