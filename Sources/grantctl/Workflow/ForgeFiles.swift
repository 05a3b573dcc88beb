/// What a forge or a plain git server runs on a grants repository.
enum ForgeFiles {
    static let workflow = """
        # Checks every pull request and says what it does to access. The repository's variables GRANTCTL_URL and
        # GRANTCTL_SHA256 say where the grantctl binary for Linux is and what it must be.
        name: grants
        on:
          pull_request:
          push:
            branches: [main]
        permissions:
          contents: read
        jobs:
          validate:
            runs-on: ubuntu-latest
            steps:
              - uses: actions/checkout@v4
                with:
                  fetch-depth: 0
                  persist-credentials: false
              - name: Get grantctl
                env:
                  GRANTCTL_URL: ${{ vars.GRANTCTL_URL }}
                  GRANTCTL_SHA256: ${{ vars.GRANTCTL_SHA256 }}
                run: |
                  curl -fsSL "$GRANTCTL_URL" -o "$RUNNER_TEMP/grantctl"
                  echo "$GRANTCTL_SHA256  $RUNNER_TEMP/grantctl" | sha256sum -c -
                  chmod +x "$RUNNER_TEMP/grantctl"
                  echo "$RUNNER_TEMP" >> "$GITHUB_PATH"
              - name: Validate
                run: grantctl validate --format github
              - name: What it does to access
                if: github.event_name == 'pull_request'
                env:
                  BASE: ${{ github.event.pull_request.base.sha }}
                run: |
                  status=0
                  grantctl diff "$BASE...HEAD" --format markdown >> "$GITHUB_STEP_SUMMARY" || status=$?
                  case $status in 0|3|4) ;; *) exit $status ;; esac

        """

    static let gitlab = """
        # Checks every merge request and says what it does to access. The CI variables GRANTCTL_URL and GRANTCTL_SHA256 say
        # where the grantctl binary for Linux is and what it must be.
        grants:
          image: debian:12
          rules:
            - if: $CI_PIPELINE_SOURCE == "merge_request_event"
            - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
          variables:
            GIT_DEPTH: "0"
          before_script:
            - apt-get update -q && apt-get install -qy --no-install-recommends ca-certificates curl git libcurl4 libgit2-1.5
              libsimdjson14 libsqlite3-0 libyaml-0-2
            - curl -fsSL "$GRANTCTL_URL" -o /usr/local/bin/grantctl
            - echo "$GRANTCTL_SHA256  /usr/local/bin/grantctl" | sha256sum -c -
            - chmod +x /usr/local/bin/grantctl
          script:
            - grantctl validate
            - |
              if [ -n "${CI_MERGE_REQUEST_DIFF_BASE_SHA:-}" ]; then
                status=0
                grantctl diff "$CI_MERGE_REQUEST_DIFF_BASE_SHA...HEAD" || status=$?
                case $status in 0|3|4) ;; *) exit $status ;; esac
              fi

        """

    static let preReceive = """
        #!/bin/sh
        # For a plain git server: refuses pushes that rewrite or break main. In the bare repository:
        #   git show main:hooks/pre-receive > hooks/pre-receive && chmod +x hooks/pre-receive
        # Needs grantctl in the PATH of whoever receives pushes, or its path in GRANTCTL.
        set -eu
        grantctl=${GRANTCTL:-grantctl}
        tree=
        trap '[ -z "$tree" ] || rm -rf "$tree"' EXIT
        while read -r old new ref; do
            [ "$ref" = refs/heads/main ] || continue
            case $new in
            *[!0]*) ;;
            *)
                echo "main cannot be deleted: gateways follow it" >&2
                exit 1
                ;;
            esac
            case $old in
            *[!0]*)
                if ! git merge-base --is-ancestor "$old" "$new"; then
                    echo "main only moves forward: run 'git pull --rebase' and push again" >&2
                    exit 1
                fi
                ;;
            esac
            tree=$(mktemp -d)
            git archive "$new" | tar -x -C "$tree"
            if ! "$grantctl" validate "$tree" >&2; then
                echo "this push would break main: mend what is listed above, commit and push again" >&2
                exit 1
            fi
            rm -rf "$tree"
            tree=
        done

        """

    static let attributes = """
        # Signatures are over exact bytes: no file here may change on its way through git.
        * -text

        """

    static let editorConfig = """
        root = true

        [*]
        charset = utf-8
        end_of_line = lf
        insert_final_newline = true

        [*.yaml]
        indent_style = space
        indent_size = 2

        """
}
