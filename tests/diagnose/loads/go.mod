module loads

go 1.19
