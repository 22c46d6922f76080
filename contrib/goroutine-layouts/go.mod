module example.com/goroutine-layouts

go 1.19
