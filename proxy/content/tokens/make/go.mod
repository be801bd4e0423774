module github.com/promptgate/promptgate/proxy/content/tokens/make

go 1.26

require github.com/tiktoken-go/tokenizer v0.10.0

require github.com/dlclark/regexp2/v2 v2.5.1 // indirect
