module gotune.test/probe

go 1.19
