module gotune.test/oracle/driver

go 1.19
