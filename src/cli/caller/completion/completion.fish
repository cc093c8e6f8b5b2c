# Completes darkroom in fish. Kept: darkroom completion fish > ~/.config/fish/completions/darkroom.fish
function __darkroom_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l answer (darkroom completion answer -- $words[2..-1] "$current" 2>/dev/null)
    set -l start (string match -r -- '^--[^=]*=' "$current")
    switch "$answer[1]"
        case ':files'
            __fish_complete_path (string replace -r -- '^--[^=]*=' '' "$current")
        case ':folders'
            __fish_complete_directories (string replace -r -- '^--[^=]*=' '' "$current")
        case '*'
            for line in $answer
                echo -- "$start$line"
            end
    end
end
complete -c darkroom -f -a '(__darkroom_complete)'
