module example.com/births

go 1.19
