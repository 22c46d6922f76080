module gotune.test/service

go 1.19
