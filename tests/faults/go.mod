module gotune.test/faults

go 1.19
