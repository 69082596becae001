# fish completion of mae-info
complete -c mae-info -s q -l quiet -d 'print only warnings and errors'
complete -c mae-info -s v -l verbose -d 'print more about what is done'
complete -c mae-info -l log-file -r -F -d 'also append log lines, with their times, to FILE'
complete -c mae-info -l progress -x -a 'auto always never json' -d 'show progress on standard error; auto: a bar on a terminal, else a line now and then'
complete -c mae-info -l json -d 'print results as JSON'
complete -c mae-info -l config -r -F -d 'read options from a TOML file'
complete -c mae-info -l dump-config -d 'print the effective options as TOML that --config reads, and stop'
complete -c mae-info -l dry-run -d 'check options and inputs and say what would be done, but write nothing'
complete -c mae-info -l help -d 'print this help with all options; -h prints one screen'
complete -c mae-info -l version -d 'print the version; with -v also how it was built'
complete -c mae-info -l completion -x -a 'bash zsh fish' -d 'print a completion script for a shell'
complete -c mae-info -l files-from -r -F -d 'read more operands from FILE, one a line; - is standard input'
complete -c mae-info -s 0 -l null -d 'names in --files-from end with a zero byte, as find -print0 writes them'
complete -c mae-info -l history -d 'print the chain of programs and inputs that made each file'
complete -c mae-info -l tensors -d 'list the datasets or tensors with type and shape'
complete -c mae-info -l check -d 'read everything and verify checksums; prints a line for each file, exits with 1 when one fails'
# fish completion of mae
function __mae_tool_arguments
    set -l words (commandline -opc)
    test (count $words) -ge 2; or return
    set -l rest (string escape -- $words[3..-1])
    set -l token (commandline -ct)
    complete -C (string join ' ' -- mae-$words[2] $rest "$token")
end
complete -c mae -f
complete -c mae -n __fish_use_subcommand -a patchify -d 'cut images, videos and captions into patch shards'
complete -c mae -n __fish_use_subcommand -a mask -d 'choose which patches of each sample stay visible'
complete -c mae -n __fish_use_subcommand -a pretrain -d 'train a masked autoencoder'
complete -c mae -n __fish_use_subcommand -a encode -d 'turn images into feature shards with a checkpoint'
complete -c mae -n __fish_use_subcommand -a reconstruct -d 'predict hidden patches and show or measure them'
complete -c mae -n __fish_use_subcommand -a probe -d 'measure features with a linear or k-NN classifier'
complete -c mae -n __fish_use_subcommand -a finetune -d 'train a classifier from a checkpoint'
complete -c mae -n __fish_use_subcommand -a convert -d 'translate checkpoints from and to other formats'
complete -c mae -n __fish_use_subcommand -a info -d 'print what a file is and check that it is whole'
complete -c mae -n __fish_use_subcommand -a help -d 'show the help of a tool'
complete -c mae -n '__fish_seen_subcommand_from help' -a 'patchify mask pretrain encode reconstruct probe finetune convert info'
complete -c mae -n 'not __fish_use_subcommand; and not __fish_seen_subcommand_from help' -a '(__mae_tool_arguments)'
